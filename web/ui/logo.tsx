/** Two reels and the tape between them. */
export function LogoMark({ size = 18 }: { readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 18 18"
      aria-hidden
      fill="none"
      stroke="currentColor"
    >
      <circle cx="5" cy="7" r="3.5" strokeWidth="1.5" />
      <circle cx="13" cy="7" r="3.5" strokeWidth="1.5" />
      <circle cx="5" cy="7" r="1" fill="currentColor" stroke="none" />
      <circle cx="13" cy="7" r="1" fill="currentColor" stroke="none" />
      <path d="M1.5 14.25h15" strokeWidth="1.5" />
      <path d="M1.5 7v7.25M16.5 7v7.25" strokeWidth="1.5" />
    </svg>
  );
}
