import { useComputedColorScheme } from '@mantine/core';
import { yaml } from '@codemirror/lang-yaml';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState } from '@codemirror/state';
import { oneDark } from '@codemirror/theme-one-dark';
import { EditorView } from '@codemirror/view';
import { basicSetup } from 'codemirror';
import { useEffect, useRef } from 'react';
import type { Mistake } from '../api/types.ts';
import { text } from '../text.ts';
import { placeOf } from './place-of.ts';

interface Props {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly mistakes: readonly Mistake[];
  readonly readOnly: boolean;
}

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';

/** On the theme's own ground comments and names are too faint to read (WCAG 2.2, 1.4.3). */
const DARK = [
  EditorView.theme({
    '&, .cm-gutters': { backgroundColor: '#14161a' },
    '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: '#1c1f26' },
  }),
  oneDark,
];

/** YAML with its mistakes marked where they are. Tab leaves the editor: keyboards are not caught in it. */
export function Editor({ value, onChange, mistakes, readOnly }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const theme = useRef(new Compartment());
  const changed = useRef(onChange);
  changed.current = onChange;
  const scheme = useComputedColorScheme('light');

  useEffect(() => {
    const editor = new EditorView({
      parent: place.current as HTMLDivElement,
      state: EditorState.create({
        doc: value,
        extensions: [
          basicSetup,
          yaml(),
          lintGutter(),
          EditorView.lineWrapping,
          EditorView.cspNonce.of(nonce),
          EditorView.contentAttributes.of({ 'aria-label': text.config.label, tabindex: '0' }),
          EditorState.readOnly.of(readOnly),
          theme.current.of([]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
    // made once: `value` is followed below
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [readOnly]);

  useEffect(() => {
    view.current?.dispatch({ effects: theme.current.reconfigure(scheme === 'dark' ? DARK : []) });
  }, [scheme]);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined) return;
    const source = editor.state.doc.toString();
    const diagnostics = mistakes.map(({ path, message }) => {
      const { from, to } = placeOf(source, path, message);
      return { from, to, severity: 'error' as const, message: path === '' ? message : `${path}: ${message}` };
    });
    editor.dispatch(setDiagnostics(editor.state, diagnostics));
  }, [mistakes]);

  return <div className="editor" ref={place} />;
}
