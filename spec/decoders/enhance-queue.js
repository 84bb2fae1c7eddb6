/**
 * The workers of {@link import('./enhance.js')} and {@link import('./enhance-canvas.js')}: one that is given files, one
 * after the other, and some that share its work. They are started when they are needed, and ended when they have
 * nothing to do or give no sign of life.
 * @module
 */

/** Workers that share the work, at most. */
const MOST = 8;
/** Milliseconds without work after which the workers are ended. */
const IDLE = 2000;

/** Why a page cannot show a picture's colours. */
export class PageError extends Error {
  /**
   * @param {string} code `page.` and then `load`, `worker`, `timeout`, `show`, `changed`, `picture` or `canvas`
   * @param {string} message for people
   */
  constructor(code, message) {
    super(message);
    this.name = 'PageError';
    this.code = code;
  }
}

/** The script's name is a variable where bundlers shall not take it for a file to copy. */
const SCRIPT = './enhance-worker.js';

/** A new worker. Scripts from elsewhere may be imported, but not started: then a script of our own imports them. */
function start() {
  const here = new URL(import.meta.url);
  if (here.origin === location.origin) {
    return new Worker(new URL('./enhance-worker.js', import.meta.url), { type: 'module' });
  }
  const source = `import ${JSON.stringify(new URL(SCRIPT, here).href)};`;
  const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(address, { type: 'module' });
  worker.addEventListener('message', () => URL.revokeObjectURL(address), { once: true });
  return worker;
}

/** A queue of files, and the workers that expand them. */
export class Workers {
  #queue = [];
  #job = null;
  #all = [];
  #answered = false;
  #timer;

  /**
   * Expands a file when those before it are done.
   * @param {object} task for the worker
   * @param {number} timeout milliseconds that it may take without any progress
   * @param {(part: object) => void} [take] is given the parts of the picture, if the task is to draw it in parts
   * @returns {Promise<Blob | { width: number, height: number }>} a picture that the page can show; drawn in parts, its
   *   size
   * @throws {PageError} or the error of the worker, with its `code`
   */
  expand(task, timeout, take) {
    return new Promise((resolve, reject) => {
      this.#queue.push({ task, timeout, take, resolve, reject });
      if (this.#job === null) this.#next();
    });
  }

  #next() {
    this.#job = this.#queue.shift() ?? null;
    clearTimeout(this.#timer);
    if (this.#job === null) {
      this.#timer = setTimeout(() => this.#end(), IDLE);
      return;
    }
    try {
      if (this.#all.length === 0) this.#start((data) => this.#hear(data));
      this.#watch();
      this.#all[0].postMessage(this.#job.task);
    } catch ({ message }) {
      this.#fail(`the worker cannot be started: ${message}`);
    }
  }

  /** Starts one more worker. */
  #start(hear) {
    const worker = start();
    worker.onmessage = ({ data }) => {
      if (this.#all.includes(worker)) hear(data); // not one that was ended meanwhile
    };
    worker.onmessageerror = () => this.#fail('a message was lost');
    worker.onerror = (event) => {
      event.preventDefault();
      const reason = 'is it beside enhance.js, and does the Content Security Policy allow it?';
      this.#fail(event.message || `enhance-worker.js cannot be started: ${reason}`);
    };
    this.#all.push(worker);
    return worker;
  }

  /** Waits for a sign of life of the job that is done at present. */
  #watch() {
    clearTimeout(this.#timer);
    const { timeout } = this.#job;
    this.#timer = setTimeout(() => this.#fail(`the worker was silent for ${timeout} ms`, 'page.timeout'), timeout);
  }

  #hear(data) {
    this.#answered = true;
    if (data.share) {
      this.#share();
    } else if (data.done) {
      this.#job.resolve(data.done);
      this.#next();
    } else if (data.error) {
      this.#give(Object.assign(new Error(data.error.message), { code: data.error.code }));
    } else {
      this.#watch();
      if (data.part) this.#take(data.part);
    }
  }

  /** Hands over a part of the picture; whoever cannot take it, gets no more of them. */
  #take(part) {
    try {
      this.#job.take(part);
    } catch (error) {
      this.#give(error);
    }
  }

  /** Ends the job with an error. */
  #give(error) {
    this.#job.reject(error);
    this.#end(); // those who share the work may still be at it
    this.#next();
  }

  /** Starts workers that share the work. */
  #share() {
    const lead = this.#all[0];
    const ports = [];
    const count = Math.min(navigator.hardwareConcurrency ?? 2, MOST);
    try {
      for (let k = 0; k < count; k++) {
        const { port1, port2 } = new MessageChannel();
        this.#start(() => {}).postMessage({ port: port1 }, [port1]);
        ports.push(port2);
      }
    } catch {
      // As many as there are.
    }
    lead.postMessage({ ports }, ports);
    this.#watch();
  }

  /** Gives up the file; if workers have never answered, all that wait. */
  #fail(message, code = 'page.worker') {
    const error = new PageError(code, message);
    const [job, given] = [this.#job, this.#answered ? [] : this.#queue.splice(0)];
    this.#end();
    for (const { reject } of [...(job === null ? [] : [job]), ...given]) reject(error);
    this.#next();
  }

  #end() {
    for (const worker of this.#all) worker.terminate();
    this.#all = [];
    this.#answered = false;
    clearTimeout(this.#timer);
  }
}

/** Those of this page. */
export const workers = new Workers();
