package store

// The functions below lend the form of the store's files to other files that must
// outlive crashes, torn writes and rot.

// Magic begins every frame.
const Magic = magic

// Frame is a sound frame that was read back. Body is part of what was read.
type Frame struct {
	Kind   byte
	Number uint64
	Body   []byte
}

// BeginFrame appends the head of a frame to b; its body is to be appended to that, and
// EndFrame, with len(b) from before, completes it.
func BeginFrame(b []byte, kind byte, number uint64) []byte { return beginFrame(b, kind, number) }

// EndFrame completes the frame that began at start.
func EndFrame(b []byte, start int) []byte { return endFrame(b, start) }

// ScanFrames calls take with every sound frame of a file in order, whatever is damaged or
// torn between them. known is the highest number that a damaged frame's sound head shows,
// 0 if none does; tail is what follows the last sound frame and is neither sound nor torn.
func ScanFrames(b []byte, take func(Frame)) (known uint64, tail []byte) {
	e := scan(b, func(f frame) { take(Frame{Kind: f.kind, Number: f.number, Body: f.body}) })
	return e.known, e.tail
}

// LastNumber estimates the highest number in such a tail, given the highest one before it.
func LastNumber(tail []byte, n uint64) uint64 { return lastNumber(tail, n) }
