/** How a terminal shows pictures in its text, where it can: by what it says of itself in the environment. */
export type PictureProtocol = 'kitty' | 'iterm' | null;

export function pictureProtocol(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>> = process.env,
): PictureProtocol {
  // Multiplexers pass neither on.
  if (stream.isTTY !== true || env['TMUX'] !== undefined || env['STY'] !== undefined) return null;
  const { TERM: term = '', TERM_PROGRAM: program = '' } = env;
  if (
    term === 'xterm-kitty' ||
    term === 'xterm-ghostty' ||
    program === 'ghostty' ||
    env['KITTY_WINDOW_ID'] !== undefined
  )
    return 'kitty';
  return program === 'iTerm.app' || program === 'WezTerm' || program === 'vscode' ? 'iterm' : null;
}

/** Rows that a picture takes. */
const ROWS = 10;
/** Most of a base64 text that kitty takes in one piece. */
const PIECE = 4096;

/** Shows a picture where the terminal can; elsewhere nothing is read and nothing written. */
export async function showPicture(
  stream: NodeJS.WriteStream,
  read: () => Promise<Uint8Array>,
): Promise<void> {
  const protocol = pictureProtocol(stream);
  if (protocol === null) return;
  const { default: sharp } = await import('sharp');
  const png = await sharp(await read())
    .resize({ width: 640, height: 360, fit: 'inside', withoutEnlargement: true })
    .png()
    .toBuffer();
  stream.write(pictureText(protocol, png));
}

/** The escape sequences of one PNG. */
export function pictureText(protocol: 'kitty' | 'iterm', png: Uint8Array): string {
  const text = Buffer.from(png).toString('base64');
  if (protocol === 'iterm')
    return `\u001b]1337;File=inline=1;size=${png.length};height=${ROWS}:${text}\u0007\n`;
  const pieces = text.match(new RegExp(`.{1,${PIECE}}`, 'g')) ?? [];
  const said = pieces.map((piece, i) => {
    const more = i < pieces.length - 1 ? 1 : 0;
    return `\u001b_G${i === 0 ? `a=T,f=100,q=2,r=${ROWS},` : ''}m=${more};${piece}\u001b\\`;
  });
  return `${said.join('')}\n`;
}
