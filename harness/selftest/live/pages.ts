import { judgeProductPage, type PageAnswer } from '../../verdict/judges/bookinfo.ts';
import type { Lab } from '../../lab/mesh/lab.ts';
import { throughGateway } from '../../lab/probe/http.ts';
import type { Scene, Sign } from './scene.ts';

const page = (lab: Lab): Promise<PageAnswer> => throughGateway(lab, '/productpage', { agent: 'meshtrust/selftest' });

/** Enough for each version of reviews to have its turn. */
export const manyPages = (lab: Lab): Promise<PageAnswer[]> => Promise.all(Array.from({ length: 10 }, () => page(lab)));

export const shows = ({ lab }: Scene, what: string, isShown: (answer: PageAnswer) => boolean): Sign => ({
  sign: `the page through the gateway to show ${what}`,
  shows: async () => isShown(await page(lab)),
});

export const answers = (scene: Scene, status: number): Sign =>
  shows(scene, `status ${status}`, (answer) => answer.status === status);

export const isWhole = (scene: Scene): Sign =>
  shows(scene, 'Bookinfo as a whole', (answer) => judgeProductPage(answer).faults.length === 0);

/** What pages say when reviews does not get its ratings; v1 does not ask for any. */
export const noRatings = ({ lab }: Scene): Sign => ({
  sign: 'pages without ratings',
  shows: async () =>
    (await manyPages(lab)).some(({ body }) => body.includes('Ratings service is currently unavailable')),
});
