/** Made by build/theme-css.ts. */
declare module 'virtual:theme.css';
