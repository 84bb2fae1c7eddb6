/**
 * The picture: layers on both sides of a line that can be moved.
 * @module
 */

import { byId, canvasOf, element } from './dom.js';
import { imageOf } from './float16.js';

const NAMES = { file: 'sRGB file', restored: 'Restored', original: 'Original' };
const STEP = 2;

export class Stage {
  #frame = byId('frame');
  #split = byId('split');
  #layers = {};
  #muted = new Map();
  view = 'picture';

  /** @param {(legend: string) => void} changed is told the view whenever it changes */
  constructor(changed) {
    this.changed = changed;
    this.#split.addEventListener('input', () => this.#moveLine(Number(this.#split.value)));
    this.#frame.addEventListener('pointerdown', (event) => this.#drag(event));
    this.#frame.addEventListener('keydown', (event) => this.#key(event));
    byId('controls').addEventListener('change', () => this.show());
    byId('controls').addEventListener('submit', (event) => event.preventDefault());
    this.#moveLine(50);
  }

  /**
   * Makes room for a picture.
   * @param {{ width: number, height: number }} shown
   * @param {string} space of the restored picture
   * @param {string} type of its canvas
   */
  begin({ width, height }, space, type) {
    this.#layers = {
      file: canvasOf(width, height),
      restored: canvasOf(width, height, space, type),
      marks: canvasOf(width, height),
    };
    this.#muted.clear();
    this.space = space;
    this.type = type;
    byId('picture').style.setProperty('--ratio', width / height);
    byId('picture').style.setProperty('--width', width);
    byId('controls').reset();
    this.#offer(['file', 'restored']);
    this.#enable('errors', false);
    this.show();
  }

  /** Shows a piece of several layers. Until a piece is restored, its place has the file's colours. */
  paint(pieces) {
    for (const [name, piece] of Object.entries(pieces)) {
      const { x, y } = piece;
      const pixels = imageOf(piece, name === 'restored' ? this.space : 'srgb');
      this.#layers[name].context.putImageData(pixels, x, y);
      if (name === 'file') this.#layers.restored.context.putImageData(pixels, x, y);
    }
  }

  /** Leaves the file alone, if there is nothing to compare it with. */
  withoutPayload() {
    this.#offer(['file']);
    this.#enable('outside', false);
    this.show();
  }

  /** Adds what comes from a reference: the original, and canvases of the errors of both. */
  addReference({ original, errors }) {
    Object.assign(this.#layers, { original, 'errors of file': errors.clipped, 'errors of restored': errors.restored });
    this.#offer(['file', 'restored', 'original']);
    this.#enable('errors', true);
    this.show();
  }

  /** Shows what the controls say. */
  show() {
    const controls = byId('controls');
    const pixels = controls.elements.zoom.value === 'pixels';
    this.view = controls.elements.view.value;
    this.#frame.classList.toggle('pixels', pixels);
    this.#frame.style.setProperty('--density', devicePixelRatio);
    const [left, right] =
      this.view === 'errors' ? ['file', 'restored'] : [byId('left-choice').value, byId('right-choice').value];
    const whole = this.view === 'outside' || left === right;
    this.#frame.classList.toggle('whole', whole);
    this.#split.disabled = whole;
    byId('sides').disabled = this.view !== 'picture' || byId('left-choice').length < 2;
    this.#fill('left', left);
    this.#fill('right', right);
    this.#moveLine(Number(this.#split.value));
    this.changed(this.view);
  }

  #fill(side, name) {
    const box = byId(side);
    if (this.view === 'outside') {
      box.replaceChildren(...(side === 'right' ? [this.#layer('file', 'dimmed'), this.#layer('marks')] : []));
    } else if (this.view === 'errors') {
      box.replaceChildren(this.#layer(`errors of ${name}`, 'blocks'));
    } else {
      const [canvas, { image }] = [this.#layer(name), this.#layers[name]];
      canvas.hidden = image !== undefined && canvas === this.#layers[name].canvas;
      box.replaceChildren(...(canvas.hidden ? [canvas, image] : [canvas]));
    }
    const titles = { outside: 'Restored colours outside sRGB', errors: `Errors: ${NAMES[name]}` };
    byId(`${side}-label`).textContent = titles[this.view] ?? NAMES[name];
  }

  #layer(name, style = '') {
    const wanted = byId('muted').checked && this.view === 'picture' ? this.#mutedCopy(name) : this.#layers[name].canvas;
    wanted.className = style;
    wanted.dataset.layer = name;
    return wanted;
  }

  /** The codes of Display P3 taken for sRGB: less colourful, but no colour of P3 is lost. */
  #mutedCopy(name) {
    if (!this.#muted.has(name)) {
      const { width, height } = this.#layers[name].canvas;
      const wide = canvasOf(width, height, 'display-p3').context;
      wide.drawImage(this.#layers[name].canvas, 0, 0);
      const codes = wide.getImageData(0, 0, width, height, { colorSpace: 'display-p3' }).data;
      const { canvas, context } = canvasOf(width, height);
      context.putImageData(new ImageData(codes, width, height), 0, 0);
      this.#muted.set(name, canvas);
    }
    return this.#muted.get(name);
  }

  /** Copies made while the picture was incomplete are worth nothing. */
  complete() {
    this.#muted.clear();
    this.show();
    for (const name of ['restored', 'original']) {
      const floats = name === 'restored' && this.type === 'float16'; // of which an image would show 8 bits
      if (this.#layers[name] && this.space !== 'srgb' && !floats) this.#showAsImage(this.#layers, name);
    }
  }

  /**
   * Shows a copy of a canvas of Display P3 in its place. Where Chromium draws without a graphics processor, it takes the
   * numbers of canvases for sRGB, whatever their space; images are right everywhere.
   */
  async #showAsImage(layers, name) {
    const blob = await new Promise((resolve) => layers[name].canvas.toBlob(resolve));
    if (blob === null) return; // too large for it: the canvas stays
    const image = element('img', { src: URL.createObjectURL(blob), alt: '', draggable: false });
    try {
      await image.decode();
    } catch {
      return;
    } finally {
      URL.revokeObjectURL(image.src);
    }
    layers[name].image = image;
    if (layers === this.#layers) this.show();
  }

  #offer(names) {
    for (const [side, chosen] of [
      ['left', names[0]],
      ['right', names[1] ?? names[0]],
    ]) {
      const options = names.map((name) => element('option', { value: name, textContent: NAMES[name] }));
      byId(`${side}-choice`).replaceChildren(...options);
      byId(`${side}-choice`).value = chosen;
    }
    this.#enable('outside', names.length > 1);
  }

  #enable(view, possible) {
    byId('controls').querySelector(`[name=view][value=${view}]`).disabled = !possible;
  }

  #moveLine(percent) {
    const place = Math.min(100, Math.max(0, percent));
    this.#split.value = place;
    this.#frame.style.setProperty('--split', `${place}%`);
    const sides = `${byId('left-label').textContent} to the left, ${byId('right-label').textContent} to the right`;
    this.#split.setAttribute('aria-valuetext', `${Math.round(place)} %: ${sides}`);
  }

  #drag(event) {
    const handle = event.target.closest('#line') !== null;
    if (event.button !== 0 || this.#split.disabled || (!handle && this.#frame.classList.contains('pixels'))) return;
    const follow = ({ clientX }) => {
      const { left, width } = this.#frame.getBoundingClientRect();
      this.#moveLine((100 * (clientX - left)) / width);
    };
    const end = () => {
      this.#frame.removeEventListener('pointermove', follow);
      for (const name of ['pointerup', 'pointercancel']) this.#frame.removeEventListener(name, end);
    };
    this.#frame.setPointerCapture(event.pointerId);
    this.#frame.addEventListener('pointermove', follow);
    for (const name of ['pointerup', 'pointercancel']) this.#frame.addEventListener(name, end);
    follow(event);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      ArrowLeft: () => this.#moveLine(Number(this.#split.value) - STEP),
      ArrowRight: () => this.#moveLine(Number(this.#split.value) + STEP),
      Home: () => this.#moveLine(0),
      End: () => this.#moveLine(100),
      1: () => this.#choose('view', 'picture'),
      2: () => this.#choose('view', 'outside'),
      3: () => this.#choose('view', 'errors'),
      x: () => this.#exchange(),
      z: () => this.#choose('zoom', byId('controls').elements.zoom.value === 'fit' ? 'pixels' : 'fit'),
    };
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }

  #choose(name, value) {
    const input = byId('controls').querySelector(`[name=${name}][value=${value}]`);
    if (input.disabled) return;
    input.checked = true;
    this.show();
  }

  #exchange() {
    const [left, right] = [byId('left-choice'), byId('right-choice')];
    [left.value, right.value] = [right.value, left.value];
    this.show();
  }
}
