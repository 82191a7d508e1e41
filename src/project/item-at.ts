/** The item at an index, from the end where it is negative, that is known to be there. Throws a `RangeError` where it is not: a defect. */
export function itemAt<T>(list: readonly T[], index: number): T {
  const item = list.at(index);
  if (item === undefined) throw new RangeError(`a list of ${list.length} has no item ${index}`);
  return item;
}
