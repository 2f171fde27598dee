/** `{{name}}` in the content of a prompt's message; the first group is the name. */
export const PLACEHOLDER = /\{\{\s*([A-Za-z_][A-Za-z0-9_]{0,62})\s*\}\}/g;
