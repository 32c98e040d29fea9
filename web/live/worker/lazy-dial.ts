import type { Dial, LinkSocket } from '@tapedeck/market/link/transport/link-socket';

/** A dial whose code is loaded when it is first needed. */
export function lazyDial(load: () => Promise<Dial>): Dial {
  return (events) => {
    let socket: LinkSocket | undefined;
    let isDropped = false;
    load().then(
      (dial) => {
        if (!isDropped) socket = dial(events);
      },
      () => {
        if (!isDropped) events.failed('a part of this page could not be loaded');
      },
    );
    return {
      send: (text) => socket?.send(text),
      drop: () => {
        isDropped = true;
        socket?.drop();
      },
    };
  };
}
