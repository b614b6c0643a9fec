/** What the town's texts are made of. Every name is invented or common property; accents are Latin-1. */

const list = (text: string): readonly string[] => text.split(' ').filter(Boolean);

export const FIRST_NAMES = list(
  'Ada Agnès Aïcha Alba Anton Björn Carla Céline Chloé Dario Élise Emil Erik Fatou Félix Frida Gül Hanna Hélène Ibrahim ' +
    'Inès Jakob Jörg José Jules Karin Léa Lotte Lucía Maël Marta Mia Nadia Nils Noah Núria Olga Oskar Özlem Paula Pedro ' +
    'René Rosa Sören Søren Tomás Ulla Vera Yusuf Zoë',
);
export const LAST_NAMES = list(
  'Abel Almeida Bauer Becker Bélanger Brandt Castro Córdoba Costa Dubois Dupré Eriksen Fischer Fournier García Girard Gómez ' +
    'Håkansson Hansen Hoffmann Ibáñez Jensen Keller Krüger Kühn Lambert Laurent Lefèvre Lindqvist Lopes Marchand Martín Meyer ' +
    'Möller Moreau Müller Muñoz Nuñez Nyström Okafor Olsen Peña Pérez Petit Renard Rossi Rousseau Schäfer Schmidt Silva ' +
    'Sjöberg Sørensen Tanaka Vogel Weiß Wójcik Yilmaz Zimmer',
).filter((name) => !/[^\u0020-\u00ff]/.test(name));

const PLACE_HEADS = list(
  'Alder Amber Ash Bell Birch Brook Castle Clear Cliff Cross Deer East Elm Fair Fern Fox Glen Gold Green Grey Hazel High ' +
    'King Lake Linden Long Maple Mill Moor North Oak Old Otter Pine Quarry Raven Red River Rose Salt Silver South Spring ' +
    'Stone Swan Thorn West White Wolf',
);
const PLACE_TAILS = list('bridge burg by dale field ford gate ham haven hill mouth port stead ton vale wick');
const ACCENTED_PLACES = list(
  'Göteby Münsel Châtelet Besançay Vårholm Öland Älvsund Köslin Évreux Nîmal Sãobela Logroña Peñal Ærby Übersee Zürlach',
);
export const PLACES: readonly string[] = [
  ...PLACE_HEADS.flatMap((head) => PLACE_TAILS.map((tail) => head + tail)),
  ...ACCENTED_PLACES.flatMap((place) => [place, `${place} Nord`, `${place} Süd`]),
];

const TASTES = list(
  'Apple Apricot Basil Berry Cherry Cocoa Garlic Ginger Honey Lemon Lime Mango Maple Mint Nut Olive Onion Orange Peach Pear ' +
    'Pepper Plum Pumpkin Rhubarb Rice Rye Sesame Spelt Tomato Vanilla',
);
const DISHES = list(
  'bagel bread brioche bun cake chai crêpe curry éclair gelée juice latte mocha muffin pâté pie purée roll salad scone shake soda ' +
    'soufflé soup strudel syrup tart tea toast wrap',
);
/** Things to buy: 900 of them. */
export const ITEMS: readonly string[] = TASTES.flatMap((taste) => DISHES.map((dish) => `${taste} ${dish}`));

const SHOP_HEADS = list(
  'Café Bistro Bar Bäckerei Boulangerie Casa Kiosk Maison Salon Studio Hotel Atelier Bazar Cantina Pension Galerie',
);
const SHOP_TAILS = list(
  'Amélie Aurora Bella Blanche Bleu Central Cléo Corso Délice Étoile Flora Fuchs Gràcia Iris Jardín König Luna Lumière Löwe ' +
    'Mère Mistral Nova Océan Olé Orient Paloma Piñata Prima Rêve Roma Rubí Sesam Sirène Stern Süß Tivoli Trébol Verde Vögel Zénith',
);
export const SHOPS: readonly string[] = SHOP_HEADS.flatMap((head) =>
  SHOP_TAILS.map((tail) => `${head} ${tail}`),
);

/** One word, as a neon sign says it. */
const NEON_HEADS = list(
  'AQUA ASTRO BLUE COCO DISCO ELECTRO FLAMIN GALA JAZZ KARAO LUNA MOTO NEO ORBI PIXEL RETRO SOLA TROPI VELO ZIG',
);
const NEON_TAILS = list('BAR CITY CLUB DÉLI DINER FÉ GRILL LAND MAX MOTEL NIGHT PALACE RAMA ROOM TÓN TOWN');
export const NEONS: readonly string[] = NEON_HEADS.flatMap((head) =>
  NEON_TAILS.map((tail) => `${head} ${tail}`),
);

const STREET_HEADS = list(
  'Acorn Baker Canal Carrer Chapel Copper Dock Ferry Garden Harbour Island Jubilee Kestrel Lantern Market Nightingale Orchard Park ' +
    'Queen Railway Saddler School Station Tanner Temple Tower Union Victoria Weaver Willow',
);
const STREET_TAILS = list(
  'Alley Avenue Court Drive Hill Lane Mews Place Quay Road Row Square Street Terrace Walk Way Yard',
);
export const STREETS: readonly string[] = STREET_HEADS.flatMap((head) =>
  STREET_TAILS.map((tail) => `${head} ${tail}`),
);

const VERBS = list(
  'Align Archive Ask Book Build Buy Call Check Clean Close Collect Compare Count Draft Email Find Fix Inform Invite Label Measure Meet ' +
    'Move Open Order Pack Paint Phone Plan Print Renew Repair Review Scan Sell Sign Sort Test Train Update',
);
const OBJECTS = list(
  'archive backup badges boxes budget cables catalogue chairs crew designs desks doors exhibits figures filters forms guests invoices keys ' +
    'lamps ledger letters lockers logbook maps menu minutes models motors orders papers plants posters prices prototype quotes reports ' +
    'résumés results rooms samples schedule sensors shelves stock survey tables tickets tools vans windows',
);
/** Things to do: bullets of a slide, tasks on a whiteboard, messages. */
export const TASKS: readonly string[] = VERBS.flatMap((verb) => OBJECTS.map((object) => `${verb} ${object}`));

const TOPICS = list(
  'Autumn Battery Bicycle Bridge Café City Climate Coast Energy Export Forest Garden Glacier Harbour Heating Housing Island Language ' +
    'Library Market Museum Ocean Orchestra Paper Rail River School Season Solar Stadium Summer Tourism Traffic Tunnel Water Wind Winter Zoo',
);
const EVENTS = list(
  'agenda award boom budget census debate deal delay design fair festival forecast forum grant inquiry launch lottery merger outlook panel ' +
    'pilot plan prize record reform report results review roadmap rules season shortage strategy strike summit survey target trial update vote',
);
/** Titles and headlines of two words: 1,640 of them. */
export const TITLES: readonly string[] = TOPICS.flatMap((topic) =>
  EVENTS.map((event) => `${topic} ${event}`),
);

const NEWS_HEADS = list(
  'Mayor Minister Council Museum Harbour Airport Farmer Teacher Driver Doctor Scientist Diver Orchestra Painter',
);
const NEWS_VERBS = [
  'opens new',
  'closes old',
  'counts lost',
  'repairs the',
  'sells first',
  'finds missing',
  'celebrates its',
  'tests faster',
];
const NEWS_ENDS = [
  'bridge', 'canal', 'café', 'crêperie', 'exhibition', 'ferry', 'garden', 'library', 'lighthouse', 'market', 'night bus', 'observatory',
  'piñata', 'railway', 'roof', 'satellite', 'stadium', 'swimming pool', 'theatre', 'tunnel',
]; // prettier-ignore
/** Messages of a news ticker; a time or a number makes each longer than the window. */
export const NEWS: readonly string[] = NEWS_HEADS.flatMap((head) =>
  NEWS_VERBS.flatMap((verb) => NEWS_ENDS.map((end) => `${head} ${verb} ${end}`)),
);

export const SYLLABLES = list(
  'ba bo ca ce da de do fa fi ga ka ki la le li lo lu ma me mi mo na ne ni no pa pi ra re ri ro sa se so ta te ti to va ve vi xa ya za zo',
);
export const MONTHS = list('Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec');
export const NOTICES = [
  'Gate change',
  'Your code',
  'New PIN',
  'Seat',
  'Locker',
  'Wi-Fi key',
  'Pick-up no.',
  'Table',
] as const;
