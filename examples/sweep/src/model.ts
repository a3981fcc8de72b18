/** What a sweep tries out. */
export interface Settings {
  readonly learningRate: number;
  readonly penalty: number;
}

/** How well a model did that was trained with some settings; a lower loss is better. */
export interface Trial extends Settings {
  readonly loss: number;
  readonly weights: Float64Array;
}

interface Example {
  readonly features: readonly [number, number, 1];
  readonly label: 0 | 1;
}

/** Logistic regression by gradient descent. The same settings give the same trial, wherever they are tried. */
export function trainModel({ learningRate, penalty }: Settings, { examples = 400, epochs = 200 } = {}): Trial {
  const data = makeExamples(examples);
  const [training, held] = [data.slice(0, examples / 2), data.slice(examples / 2)];
  const weights = new Float64Array(3);
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const gradient = weights.map((weight) => penalty * weight);
    for (const { features, label } of training) {
      const error = predict(weights, features) - label;
      for (const [i, feature] of features.entries())
        gradient[i] = (gradient[i] ?? 0) + (error * feature) / training.length;
    }
    for (const [i, slope] of gradient.entries()) weights[i] = (weights[i] ?? 0) - learningRate * slope;
  }
  return { learningRate, penalty, weights, loss: lossOf(weights, held) };
}

function predict(weights: Float64Array, features: Example["features"]): number {
  const sum = features.reduce((total, feature, i) => total + feature * (weights[i] ?? 0), 0);
  return 1 / (1 + Math.exp(-sum));
}

function lossOf(weights: Float64Array, examples: readonly Example[]): number {
  const losses = examples.map(({ features, label }) => {
    const right = label === 1 ? predict(weights, features) : 1 - predict(weights, features);
    return -Math.log(Math.max(right, 1e-12));
  });
  return losses.reduce((sum, loss) => sum + loss) / losses.length;
}

/** Points left and right of a slanted line, some on the wrong side. */
function makeExamples(count: number): readonly Example[] {
  const random = seededRandom(20_260_701);
  return Array.from({ length: count }, () => {
    const [x, y] = [2 * random() - 1, 2 * random() - 1];
    const label = 2 * x - y + 0.4 * (random() - 0.5) > 0.2 ? 1 : 0;
    return { features: [x, y, 1], label } as const;
  });
}

/** Numbers from 0 to 1 that look random (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
