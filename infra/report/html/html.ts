import { html as toVNode } from 'htm/preact';
import type { VNode } from 'preact';

/** A rendered piece; what stands as a list of them too. */
export type Markup = VNode | readonly VNode[];

/**
 * Markup as tagged templates. Whatever is interpolated becomes text or an attribute's value, escaped when the
 * page is written: a string never becomes markup. (`rawMarkup` is the one door, for markup that we made.)
 */
export function html(strings: TemplateStringsArray, ...values: readonly unknown[]): Markup {
  return toVNode(strings, ...values);
}

/** Attribute for markup that this program wrote and that holds no foreign text: the style sheet, the script, chart SVG. */
export function rawMarkup(markup: string): { readonly dangerouslySetInnerHTML: { readonly __html: string } } {
  return { dangerouslySetInnerHTML: { __html: markup } };
}
