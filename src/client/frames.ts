/** One frame of an event stream. */
export interface Frame {
  readonly event: string;
  readonly data: string;
  readonly retry: number | null;
}

function frameOf(text: string): Frame {
  const fields = { event: 'message', data: [] as string[], retry: null as number | null };
  for (const line of text.split(/\r\n|\n|\r/)) {
    const [, name, value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (name === 'data') fields.data.push(value);
    if (name === 'event') fields.event = value;
    if (name === 'retry' && /^\d+$/.test(value)) fields.retry = Number(value);
  }
  return { ...fields, data: fields.data.join('\n') };
}

/** The whole frames of an event stream; what is cut off at its end is left out. */
export async function* readFrames(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const frames = text.split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) yield frameOf(frame);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
