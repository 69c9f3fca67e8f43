/**
 * The style sheet and the script of the page, which the build puts in. Without a build the page is served
 * plain: it is complete without either.
 */
declare const PAGE_STYLE: string | undefined;
declare const PAGE_SCRIPT: string | undefined;

export const STYLE = typeof PAGE_STYLE === 'undefined' ? '' : PAGE_STYLE;
export const SCRIPT = typeof PAGE_SCRIPT === 'undefined' ? '' : PAGE_SCRIPT;

/** Two bars and a dot, in the colours of the page. */
export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0b5fff"/><path d="M4 4h8M4 8h5M4 12h8" stroke="#fff" stroke-width="2"/></svg>';
