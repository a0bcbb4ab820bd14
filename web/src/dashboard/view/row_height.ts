// The height of a row; the style sheet gets it as --row-height, and changes its layout at the same width (kNarrow).
import { useEffect, useState } from 'preact/hooks';

const kWideRowPx = 30;
/** On narrow screens a row has two lines. */
const kNarrowRowPx = 52;
const kNarrow = '(max-width: 46rem)';

export function useRowHeight(): number {
  const [query] = useState(() => globalThis.matchMedia?.(kNarrow));
  const [isNarrow, setNarrow] = useState(query?.matches ?? false);
  useEffect(() => {
    const onChange = () => setNarrow(query?.matches ?? false);
    query?.addEventListener('change', onChange);
    return () => query?.removeEventListener('change', onChange);
  }, [query]);
  return isNarrow ? kNarrowRowPx : kWideRowPx;
}
