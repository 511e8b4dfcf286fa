// A ship's outline, as a ghost has it: where something is, besides where it is drawn.

const nose = 17;
const tail = 12;
const half_wing = 11;

export function ship_outline(
  pen: CanvasRenderingContext2D, x: number, y: number, heading: number, zoom: number,
): void {
  const ahead_x = Math.cos(heading) * zoom;
  const ahead_y = Math.sin(heading) * zoom;
  pen.beginPath();
  pen.moveTo(x + ahead_x * nose, y + ahead_y * nose);
  pen.lineTo(x - ahead_x * tail - ahead_y * half_wing, y - ahead_y * tail + ahead_x * half_wing);
  pen.lineTo(x - ahead_x * tail + ahead_y * half_wing, y - ahead_y * tail - ahead_x * half_wing);
  pen.closePath();
  pen.stroke();
}

export function circle(
  pen: CanvasRenderingContext2D, x: number, y: number, radius: number,
): void {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.stroke();
}
