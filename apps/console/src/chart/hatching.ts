/** Hatches the ranges of a chart that have no bars: a primitive for lightweight-charts. */
import type { Hole } from '../model/index.js';
import type * as Charts from 'lightweight-charts';

const STRIPE_PX = 7;
type Target = Parameters<Charts.IPrimitivePaneRenderer['draw']>[0];

/** Draws diagonal stripes over the slots of each hole. The chart calls `attached` and `paneViews`. */
export class Hatching implements Charts.ISeriesPrimitive {
  private chart: Charts.IChartApi | undefined;
  private requestUpdate: (() => void) | undefined;
  private holes: readonly Hole[] = [];
  private colour = '';
  private readonly views: Charts.IPrimitivePaneView[] = [
    { zOrder: () => 'bottom', renderer: () => ({ draw: (target) => this.draw(target) }) },
  ];

  attached({ chart, requestUpdate }: Charts.SeriesAttachedParameter): void {
    this.chart = chart;
    this.requestUpdate = requestUpdate;
  }

  paneViews(): readonly Charts.IPrimitivePaneView[] {
    return this.views;
  }

  /** Shows these holes from now on. */
  show(holes: readonly Hole[], colour: string): void {
    this.holes = holes;
    this.colour = colour;
    this.requestUpdate?.();
  }

  private draw(target: Target): void {
    const scale = this.chart?.timeScale();
    if (!scale) return;
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      const half = scale.options().barSpacing / 2; // the coordinate of a time is the middle of its bar
      for (const { first, last } of this.holes) {
        const firstSlot = scale.timeToCoordinate(first as Charts.Time & number);
        const lastSlot = scale.timeToCoordinate(last as Charts.Time & number);
        if (firstSlot === null || lastSlot === null) continue;
        hatch(context, firstSlot - half, lastSlot + half, mediaSize.height, this.colour);
      }
    });
  }
}

function hatch(context: CanvasRenderingContext2D, left: number, right: number, height: number, colour: string): void {
  context.save();
  context.beginPath();
  context.rect(left, 0, right - left, height);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  for (let x = left - height; x < right; x += STRIPE_PX) {
    context.moveTo(x, height); // a stripe rises to the right, so the first one starts left of the hole
    context.lineTo(x + height, 0);
  }
  context.stroke();
  context.restore();
}
