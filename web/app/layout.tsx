import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import '../styles/theme.css';
import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';

import { Providers } from './providers.tsx';

export const metadata: Metadata = {
  title: 'Tapedeck',
  description: 'Live order books, a wall, and a tape you can rewind.',
  icons: { icon: '/favicon.svg' },
};

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  viewportFit: 'cover',
  themeColor: '#0b0e13',
};

/** Sets the chosen look before the first paint, so that no page flashes in the wrong colours. */
const LOOK_SCRIPT = `try{var s=JSON.parse(localStorage.getItem('tapedeck.settings.v1')||'{}'),r=document.documentElement,t=s.theme||'dark';
r.dataset.theme=t==='system'?(matchMedia('(prefers-color-scheme: light)').matches?'light':'dark'):t;
if(s.palette)r.dataset.palette=s.palette;if(s.density)r.dataset.density=s.density}catch(e){}`;

/**
 * Removes the access token from the address before anything reads it: addresses are seen by bystanders, kept in
 * histories and passed on. Without storage it stays there, and `accessToken` reads it (http/feed-address.ts).
 */
const TOKEN_SCRIPT = `try{var q=location.search.slice(1).split('&'),g=q.filter(function(p){return p.indexOf('token=')===0});
if(g[0]&&g[0].length>6){sessionStorage.setItem('tapedeck.token',new URLSearchParams(g[0]).get('token'));
q=q.filter(function(p){return g.indexOf(p)<0}).join('&');
history.replaceState(history.state,'',location.pathname+(q?'?'+q:'')+location.hash)}}catch(e){}`;

export default function RootLayout({ children }: { readonly children: ReactNode }) {
  return (
    <html lang="en" data-theme="dark" suppressHydrationWarning>
      <head>
        <script dangerouslySetInnerHTML={{ __html: TOKEN_SCRIPT }} />
        <script dangerouslySetInnerHTML={{ __html: LOOK_SCRIPT }} />
      </head>
      <body>
        <Providers>{children}</Providers>
      </body>
    </html>
  );
}
