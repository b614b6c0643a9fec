/** Kinds of scene. Each stands at most once in a video, so that its name says which scene is meant. */
export const KINDS = [
  'door sign',
  'price board',
  'slide',
  'news ticker',
  'phone screen',
  'timetable',
  'receipt',
  'night street',
  'whiteboard',
  'product label',
] as const;
export type Kind = (typeof KINDS)[number];

/** Single texts of a scene, and how a question speaks of them (several ways each). */
export const PHRASES: Readonly<Record<Kind, Readonly<Record<string, readonly string[]>>>> = {
  'door sign': {
    room: ['the room number on the door sign', 'the number on the door sign'],
    name: ['the name on the door sign', 'the name of the person on the door sign'],
    hours: ['the office hours on the door sign', 'the hours given on the door sign'],
  },
  'price board': { title: ['the name at the top of the price board', 'the heading of the price board'] },
  slide: {
    title: ['the title of the slide', 'the heading of the slide'],
    speaker: ['the name at the bottom of the slide', 'the speaker named on the slide'],
  },
  'news ticker': {
    channel: ['the name of the news channel', 'the channel named in the news'],
    headline: ['the headline of the news', 'the headline above the news ticker'],
    clock: ['the time on the news', 'the time shown beside the news ticker'],
  },
  'phone screen': {
    contact: ['the name of the contact on the phone', 'the name at the top of the phone screen'],
    number: ['the phone number on the phone screen', 'the number of the contact on the phone'],
    clock: ['the time on the phone', 'the time in the status bar of the phone'],
  },
  timetable: {
    station: ['the name of the station on the timetable', 'the station named on the timetable'],
    clock: ['the time on the clock of the timetable', 'the current time on the timetable'],
  },
  receipt: {
    shop: ['the name of the shop on the receipt', 'the shop named on the receipt'],
    total: ['the total on the receipt', 'the sum at the bottom of the receipt'],
    date: ['the date on the receipt', 'the date printed on the receipt'],
    phone: ['the phone number on the receipt', 'the phone number of the shop on the receipt'],
  },
  'night street': { street: ['the street name in the night street', 'the name of the street at night'] },
  whiteboard: {
    heading: ['the heading on the whiteboard', 'the underlined heading on the whiteboard'],
    code: ['the text in the box on the whiteboard', 'the boxed text on the whiteboard'],
  },
  'product label': {
    brand: ['the brand on the product label', 'the brand of the product'],
    variety: ['the variety on the product label', 'the flavour on the product label'],
    weight: ['the weight on the product label', 'the net weight of the product'],
    price: ['the price on the product label', 'the price of the product'],
    best: ['the best-before date on the product label', 'the best-before date of the product'],
  },
};

/** Lines of a scene that can be counted, and what a question calls them. */
export const COUNTED: Readonly<
  Partial<Record<Kind, { readonly role: string; readonly phrases: readonly string[] }>>
> = {
  'price board': { role: 'item', phrases: ['items are on the price board', 'things does the price board offer'] },
  slide: { role: 'bullet', phrases: ['bullet points are on the slide', 'bullets does the slide have'] },
  timetable: { role: 'destination', phrases: ['departures does the timetable list', 'trains are on the timetable'] },
  receipt: { role: 'item', phrases: ['items were bought according to the receipt', 'items does the receipt list'] },
  'night street': { role: 'sign', phrases: ['neon signs glow in the night street', 'neon signs are in the street'] },
  whiteboard: { role: 'task', phrases: ['tasks are on the whiteboard', 'tasks does the whiteboard list'] },
  'phone screen': { role: 'message', phrases: ['messages are on the phone screen', 'messages does the phone show'] },
}; // prettier-ignore

/** A scene as a noun phrase, for questions about whole scenes. */
export function withArticle(kind: Kind): string {
  return `the ${kind}`;
}
