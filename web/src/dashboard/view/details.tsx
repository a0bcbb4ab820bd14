// A whole event as readable JSON.
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { jsonTokens } from '../model/json_tokens.js';

/** More than this is shown in part: nobody reads it here, and a megabyte of text would stop the page. */
const kShownCharsMax = 50_000;

export function Details({ id, json, onHeight }: { id: string; json: string; onHeight: (pixels: number) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const pretty = useMemo(() => JSON.stringify(JSON.parse(json), null, 2), [json]);
  const shown = pretty.slice(0, kShownCharsMax);

  useLayoutEffect(() => {
    const element = box.current!;
    onHeight(element.offsetHeight);
    if (typeof ResizeObserver === 'undefined') return undefined;
    const observer = new ResizeObserver(() => onHeight(element.offsetHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  return (
    <div class="details" id={id} ref={box}>
      <div class="details-box">
        <pre tabIndex={0} role="group" aria-label="Event as JSON">
          {jsonTokens(shown).map(({ kind, text }) => (kind === 'plain' ? text : <span class={`json-${kind}`}>{text}</span>))}
          {shown.length < pretty.length && `\n… ${(pretty.length - shown.length).toLocaleString('en')} more characters`}
        </pre>
        <CopyButton text={pretty} />
      </div>
    </div>
  );
}

function CopyButton({ text }: { text: string }) {
  const [label, setLabel] = useState('Copy');
  if (!globalThis.navigator?.clipboard) return null; // not in a secure context: select and copy still work
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setLabel('Copied'),
      () => setLabel('Copying was refused'),
    );
  };
  return (
    <button type="button" class="button small copy" onClick={copy}>
      {label}
    </button>
  );
}
