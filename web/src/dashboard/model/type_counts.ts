// How many events of each type, and of each family of types, arrived since the list was last cleared. Pure.
//
// Bounded: types beyond kTypesMax share one entry, so that a sender of invented names cannot fill the page.
import { kKnownTypes } from '../../client/index.js';
import { familyOf, type Family } from './families.js';

export const kTypesMax = 100;
export const kOtherTypes = 'other types';

export class TypeCounts {
  #counts = new Map<string, number>();
  #families = new Map<Family, number>();

  constructor() {
    this.clear();
  }

  /** Counts one event; returns the name under which it was counted, which is also the name to filter by. */
  count(type: string): string {
    const name = this.#counts.has(type) || this.#counts.size < kTypesMax ? type : kOtherTypes;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    const family = familyOf(type);
    this.#families.set(family, this.ofFamily(family) + 1);
    return name;
  }

  /** The eight known types first, always; then every other in order of its first appearance. */
  entries(): [type: string, count: number][] {
    return [...this.#counts];
  }

  ofFamily(family: Family): number {
    return this.#families.get(family) ?? 0;
  }

  /** Sets all to zero; types beside the known ones vanish until they appear again. */
  clear(): void {
    this.#counts = new Map(kKnownTypes.map((type) => [type, 0]));
    this.#families = new Map();
  }
}
