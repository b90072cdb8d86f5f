import { Component, type ReactNode } from 'react';
import { text } from '../text.ts';
import { Failed } from './view.tsx';

/** A view that fails takes nothing else with it. */
export class Crash extends Component<{ children: ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {};

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return (
      <Failed error={new Error(text.errors.crashed)} retry={() => this.setState({ error: undefined })} />
    );
  }
}
