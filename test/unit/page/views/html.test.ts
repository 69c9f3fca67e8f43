// Every text is escaped, so that nothing in it becomes markup.

import { expect } from 'chai';
import fc from 'fast-check';
import { Html, html } from '../../../../src/page/views/html.ts';
import { anyText, holds } from '../../kit/for-any.ts';

describe('the HTML of the page', () => {
  it('holds no markup of a text, in an element or in an attribute', () => {
    holds(
      fc.property(anyText(), (text) => {
        const { markup } = html`<p title="${text}">${text}</p>`;
        const [, title, content] = /^<p title="([^"<>]*)">([^<>]*)<\/p>$/.exec(markup) ?? [];
        expect(title).to.not.equal(undefined);
        expect(content).to.equal(title);
      }),
    );
  });

  it('shows a text as it is', () => {
    expect(html`${'a & b < c > "d" \'e\' 直播'}`.markup).to.equal(
      'a &amp; b &lt; c &gt; &quot;d&quot; &#39;e&#39; 直播',
    );
  });

  it('replaces characters that turn the direction of writing', () => {
    expect(html`${'a\u202egnp.exe\u0000'}`.markup).to.equal('a\uFFFDgnp.exe\uFFFD');
  });

  it('keeps what is HTML already, also as a list', () => {
    expect(html`${new Html('<b>')}${[html`${'<'}`, html`<i>`]}`.markup).to.equal('<b>&lt;<i>');
  });

  it('leaves nothing for undefined and false, and something for 0', () => {
    expect(html`${undefined}${false}${0}${''}`.markup).to.equal('0');
  });
});
