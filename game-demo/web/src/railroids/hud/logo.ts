// The name in lines of light. Drawn once, by the processor: as an SVG its lines would be drawn by
// the graphics card, and one that is a program itself has 200 ms to do with them before the game
// gets its turn.

const letters =
  'M0 6V0H4L5 1V2L4 3H0M2.6 3L5 6' +                                                // R
  'M8 6V2L10.5 0L13 2V6M8 4H13' +                                                   // A
  'M16 0V6' +                                                                       // I
  'M19 0V6H24' +                                                                    // L
  'M27 6V0H31L32 1V2L31 3H27M29.6 3L32 6' +                                         // R
  'M36 0H39L40 1V5L39 6H36L35 5V1Z' +                                               // O
  'M43 0V6' +                                                                       // I
  'M46 0H49.5L51 1.5V4.5L49.5 6H46Z' +                                              // D
  'M59 1L58 0H55L54 1V2L55 3H58L59 4V5L58 6H55L54 5';                               // S
const dart = 'M70 3L63.5 0.3L65 3L63.5 5.7Z';
const [left, top, width, height] = [-3, -3, 77, 12];

// How far the light reaches, the farthest first.
const reaches = [2.4, 1.1, .45];

function light(pen: CanvasRenderingContext2D, path: string, tint: string, line: string): void {
  const lines = new Path2D(path);
  const { a: pixels } = pen.getTransform();  // A shadow is as large on any scale.
  pen.strokeStyle = line;
  pen.shadowColor = tint;
  for (const reach of reaches) {
    pen.shadowBlur = reach * pixels;
    pen.stroke(lines);
  }
}

export function draw_logo(): void {
  const canvas = document.getElementById('logo') as HTMLCanvasElement;
  canvas.width = Math.round(canvas.clientWidth * devicePixelRatio);
  canvas.height = Math.round(canvas.width * height / width);
  const pen = canvas.getContext('2d');
  if (!pen) return;  // A browser that cannot draw is told so without it.
  pen.scale(canvas.width / width, canvas.width / width);
  pen.translate(-left, -top);
  pen.lineCap = pen.lineJoin = 'round';
  pen.lineWidth = .62;
  light(pen, letters, '#3fd2ff', '#f2fbff');
  pen.lineWidth = .45;
  light(pen, dart, '#ff5fa2', '#ff8fbf');
}
