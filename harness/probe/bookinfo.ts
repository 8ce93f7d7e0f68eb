export * from '../judges/bookinfo.ts';
