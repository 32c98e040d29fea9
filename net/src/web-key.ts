/** Carries `TAPEDECK_WEB_KEY` from the web's server to the feed (P24c). No page knows it, and none is let to send it (CORS). */
export const WEB_KEY_HEADER = 'tapedeck-web-key';
