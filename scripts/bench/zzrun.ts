import { measureRefused } from './zz.ts';
console.log(await measureRefused(5000, console.error));
