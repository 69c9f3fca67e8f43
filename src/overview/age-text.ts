/** Ages as a text. The server writes them, and the script of the page keeps them up to date. */

/** Two units at most, as kubectl writes ages: `12s`, `4m10s`, `3h5m`, `2d4h`. @param seconds negative is 0 */
export function ageText(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 120) return `${s}s`;
  if (s < 3_600) return `${Math.floor(s / 60)}m${s % 60}s`;
  if (s < 86_400) return `${Math.floor(s / 3_600)}h${Math.floor((s % 3_600) / 60)}m`;
  return `${Math.floor(s / 86_400)}d${Math.floor((s % 86_400) / 3_600)}h`;
}
