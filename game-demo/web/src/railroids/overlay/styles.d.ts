// The bundler takes style sheets in, beside the script.
declare module '*.css';
