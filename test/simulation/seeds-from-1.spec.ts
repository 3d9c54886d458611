import { stormsFrom } from './storms.js';

stormsFrom(1, 500);
