/** Carries `TAPEDECK_WEB_KEY` from the web server to the feed (P24c). Pages neither know nor may send it (CORS). */
export const WEB_KEY_HEADER = 'tapedeck-web-key';
