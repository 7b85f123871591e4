// What several views are made of.

export const LEVEL_SERIES = [
  { key: 'paid', label: 'Paid', colour: 'blue' },
  { key: 'free', label: 'Free', colour: 'orange' },
  { key: 'other', label: 'Other', colour: 'grey' },
];

/** A column of a card's table: its name in the CSV file, its heading, its type. */
export function column(name, label, type = 'text') {
  return { name, label, type };
}
