// Whether the player's system asks for less motion. It may change while we play.
const query = matchMedia('(prefers-reduced-motion: reduce)');

export const motion = { calm: query.matches };

query.addEventListener('change', () => (motion.calm = query.matches));
