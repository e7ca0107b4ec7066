/** A recording of the same form as the real one: twelve cities, every 31 seconds, 31 rounds. */

const CITIES: readonly (readonly [name: string, lat: number, lon: number, temperature: number])[] =
  [
    ['Paris', 48.8566, 2.3522, 9.91],
    ['Marseille', 43.2962, 5.37, 14.15],
    ['Lyon', 45.7578, 4.832, 13.05],
    ['Toulouse', 43.6045, 1.4442, 11.2],
    ['Nice', 43.7102, 7.262, 13.4],
    ['Nantes', 47.2184, -1.5536, 8.7],
    ['Montpellier', 43.6109, 3.8772, 13.9],
    ['Strasbourg', 48.5734, 7.7521, 10.3],
    ['Bordeaux', 44.8378, -0.5792, 9.6],
    ['Lille', 50.6292, 3.0573, 8.1],
    ['Brest', 48.3904, -4.4861, 7.5],
    ['Rennes', 48.1173, -1.6778, 8.4],
  ];
const ROUNDS = 31;
const ROUND_MS = 31_500;
const BEGIN = Date.parse('2024-03-28T23:20:19Z');

/** NDJSON, the same every time. */
export function madeUpRecording(): string {
  return Array.from({ length: ROUNDS }, (_, round) => {
    const date = new Date(BEGIN + round * ROUND_MS).toISOString().slice(0, 19).replace('T', ' ');
    return CITIES.map(([city, lat, lon, start], place) => {
      const temperature = Number((start + Math.sin(round / 5 + place)).toFixed(2));
      const feels_like = Number((temperature - 1.5 - (place % 4) / 3).toFixed(2));
      return `${JSON.stringify({ date, city, lon, lat, temperature, feels_like })}\n`;
    }).join('');
  }).join('');
}
