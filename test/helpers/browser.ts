/** A real browser before a real master. What it complains about (scripts that fail, what the content policy refuses) fails the test. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { projectRoot } from './planted-project.ts';

const executables = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const flags = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
];
/** For whoever wants to look at the pages; CI keeps them. */
const screenshots = join(projectRoot, '.reports/pages');

const widths = { narrow: 360, wide: 1280, widest: 1920 } as const;

export interface ViewOptions {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
}

export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #complaints: string[] = [];

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start(): Promise<TestBrowser> {
    const executablePath = process.env['TEST_CHROMIUM'] ?? executables.find((path) => existsSync(path));
    if (executablePath === undefined)
      throw new Error(
        'there is no Chromium here: install one (apt-get install chromium), or name it in TEST_CHROMIUM',
      );
    return new TestBrowser(await chromium.launch({ executablePath, args: flags, headless: true }));
  }

  /** A window of its own, with cookies and a memory of its own. */
  async open(url: string, options: ViewOptions = {}): Promise<OpenPage> {
    const { width = widths.wide, height = 800, scheme = 'light' } = options;
    const context = await this.#browser.newContext({
      viewport: { width, height },
      colorScheme: scheme,
      reducedMotion: 'reduce',
      baseURL: url,
    });
    const page = await context.newPage();
    page.on('pageerror', (error) => this.#complaints.push(`script: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      // A master that is away, and answers that are problems, are what some tests are about.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        this.#complaints.push(`console: ${message.text()}`);
    });
    const open = new OpenPage(page, url);
    await open.goto('/');
    return open;
  }

  /** What is seen when a test fails, for whoever looks for the reason. */
  async #lastSights(): Promise<void> {
    const pages = this.#browser.contexts().flatMap((context) => context.pages());
    for (const [index, page] of pages.entries())
      await page
        .screenshot({ path: join(screenshots, `last-${index}.png`), timeout: 5000 })
        .catch(() => undefined);
  }

  /** For the end of each test. Not when it is disposed of: then it would stand in the place of what the test has failed by. */
  expectCalm(): void {
    expect(this.#complaints).toEqual([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lastSights();
    await this.#browser.close();
    if (this.#complaints.length > 0) console.error(this.#complaints.join('\n'));
  }
}

/** What a person sees and does; everything is found by its role and its label. */
export class OpenPage {
  readonly page: Page;
  readonly url: string;
  /** All that was asked for, in order: `GET /api/status`, scripts and pictures as well. */
  readonly asked: string[] = [];

  constructor(page: Page, url: string) {
    this.page = page;
    this.url = url;
    page.on('request', (request) => {
      const { pathname, search } = new URL(request.url());
      this.asked.push(`${request.method()} ${pathname}${search}`);
    });
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(this.url + path, { waitUntil: 'commit' });
  }

  /** Follows a link of the navigation. */
  async visit(name: string): Promise<void> {
    await this.page
      .getByRole('navigation', { name: 'Pages' })
      .getByRole('link', { name, exact: true })
      .click();
  }

  heading(name: string | RegExp): Locator {
    return this.page.getByRole('heading', { level: 1, name });
  }

  /** Waits until the page says so. */
  async sees(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  grid(name: string | RegExp): Locator {
    return this.page.getByRole('grid', { name });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name });
  }

  /** Presses Tab until this has the focus: a button, a link, or what has this label. */
  async tabTo(name: string, within: Locator | Page = this.page): Promise<void> {
    const wanted = within
      .getByRole('button', { name, exact: true })
      .or(within.getByRole('link', { name, exact: true }))
      .or(within.getByLabel(name, { exact: true }))
      .and(this.page.locator(':focus'));
    for (let pressed = 0; pressed < 40; pressed++) {
      await this.page.keyboard.press('Tab');
      if ((await wanted.count()) > 0) return;
    }
    throw new Error(`no ${name} within forty tabs`);
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(screenshots, { recursive: true });
    await this.page.screenshot({ path: join(screenshots, `${name}.png`) });
  }
}
