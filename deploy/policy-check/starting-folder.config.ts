/** Where the command was given: npm itself runs scripts in the folder of package.json. */
export const startingFolder = process.env['INIT_CWD'] ?? process.cwd();
