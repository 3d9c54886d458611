import { stormsFrom } from './storms.js';

stormsFrom(501, 500);
