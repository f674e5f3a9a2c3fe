package emitter

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"strconv"
	"time"

	"weir/system/emitter/lines"
	"weir/system/message"
	"weir/system/node"
)

// chunk is how much of an input is read at once, in bytes.
const chunk = 64 << 10

// ErrLater says that an input has nothing more for now; it is not its end.
var ErrLater = errors.New("emitter: nothing more for now")

// Input is one stream of bytes, read to its end.
type Input struct {
	// Name becomes the source of its messages: [A-Za-z0-9._-]{1,64} or a path;
	// at most 256 bytes.
	Name string
	// Key is what it is known by after a restart, at most 256 bytes. Default (empty):
	// its name, and how many of that name stand before it.
	Key string
	// Open opens it at an offset in bytes. The same bytes must come back after a
	// restart; if they do not, the input is reported as changed.
	Open func(offset int64) (io.ReadCloser, error)
	// Grows says that it has no end but for this incarnation: a read may fail with
	// ErrLater, and io.EOF means that no more comes until a restart.
	Grows bool
	// Forgets says that nothing that was read of it can be read after a restart, where
	// it begins at 0 again.
	Forgets bool
	// Records says that its lines are messages, as lines.AppendRecord writes them.
	Records bool
	// Release, if not nil, is told from where on it may still be opened. Called from the
	// emitter's actor; it must not wait.
	Release func(offset int64)
	// Had, if not nil, is how many bytes of it there were when this incarnation began. If
	// an earlier one read more, those are lost, and reading goes on after what is left.
	Had func() int64
	// Dropped, if not nil, is how many messages came and were not taken in, since the
	// start. Called from the emitter's actor; it must not wait.
	Dropped func() uint64
}

// feed is an input and how far it is read.
type feed struct {
	in    *Input
	key   uint64
	lines *lines.Config
	at    place // the end of the last packet that was cut
	done  bool  // read to its end
	least int64 // as told to Release

	reader io.ReadCloser // nil: not open
	buf    []byte        // read and not yet cut; in space
	space  []byte
	eof    bool
	fault  error         // why it ends early, or of one that grows: why it cannot be read now
	told   string        // grows: the last fault that was told
	again  time.Duration // grows: when to look for more
}

// newFeed is an input, the nth of its name from 0.
func newFeed(in *Input, nth int, cfg *lines.Config) *feed {
	h := fnv.New64a()
	if in.Key != "" {
		h.Write([]byte("key\x00" + in.Key))
	} else {
		h.Write([]byte("name\x00" + in.Name + "\x00" + strconv.Itoa(nth)))
	}
	return &feed{in: in, key: max(1, h.Sum64()), lines: cfg} // 0 is no input
}

func (f *feed) close() {
	if f.reader != nil {
		_ = f.reader.Close() // it was only read
		f.reader = nil
	}
	f.buf, f.space, f.eof, f.fault = nil, nil, false, nil
}

// report tells what was read of an input, at its end or where an orderly stop leaves
// it. It may be told again after a crash.
func (f *feed) report(env node.Env) {
	ln := env.Log("input").Str("file", f.in.Name).
		Uint("lines", f.at.lines).Int("bytes", f.at.offset).Uint("parts", f.at.parts).Uint("msgs", f.at.lines+f.at.parts)
	if f.fault != nil {
		ln.Cut("err", f.fault.Error(), 512)
	}
	ln.End()
}

// failed tells once why an input that grows cannot be read, and has it tried again: its
// lines are not given up.
func (f *feed) failed(env node.Env) {
	if text := f.fault.Error(); text != f.told {
		f.told = text
		f.report(env)
	}
	f.close()
	f.again = env.Now() + faultWait
}

// faultWait is how long passes before an input that cannot be read is tried again.
const faultWait = time.Second

// read makes the messages that follow a place, at most n and about size bytes, or
// those up to the offset stop if it is not -1. It returns where they end. No messages
// mean that there are none yet, or with eof that the input ends there.
func (f *feed) read(from place, n, size int, stop int64) (place, []message.Entry) {
	if f.reader == nil && !f.eof && f.fault == nil {
		f.open(from)
	}
	split := lines.Splitter{Max: f.lines.LineMax, Part: from.part}
	if f.in.Records {
		split.Max = lines.RecordMax
	}
	to := from
	var entries []message.Entry
	for len(entries) < n && (stop < 0 || to.offset < stop) {
		f.fill(split.Need())
		before := split
		piece, used := split.Next(f.buf, f.eof)
		if used == 0 {
			break
		}
		entry := f.entry(piece)
		size -= entry.Size()
		if stop < 0 && size < 0 && len(entries) > 0 {
			split = before
			break
		}
		entries = append(entries, entry)
		f.buf = f.buf[used:]
		to.offset += int64(used)
		if piece.Last {
			to.lines++
		} else {
			to.parts++
		}
	}
	to.part = split.Part
	return to, entries
}

func (f *feed) entry(p lines.Piece) message.Entry {
	if f.in.Records {
		if e, err := lines.ParseRecord(p.Text); err == nil {
			return e
		}
	}
	e, _ := f.lines.Entry(p, f.in.Name)
	return e
}

func (f *feed) open(at place) {
	var err error
	if f.reader, err = f.in.Open(at.offset); err != nil {
		f.reader, f.eof, f.fault = nil, !f.in.Grows, fmt.Errorf("open: %w", err)
	}
}

// fill reads until need bytes are there, the input ends, or has nothing more for now.
func (f *feed) fill(need int) {
	if len(f.space) < need+2*chunk && !f.eof {
		f.space = make([]byte, need+2*chunk)
		f.buf = f.space[:copy(f.space, f.buf)]
	}
	for idle := 0; !f.eof && f.fault == nil && len(f.buf) < need; {
		if cap(f.buf)-len(f.buf) < chunk {
			f.buf = f.space[:copy(f.space, f.buf)]
		}
		k, err := f.reader.Read(f.buf[len(f.buf) : len(f.buf)+chunk])
		f.buf = f.buf[:len(f.buf)+k]
		if k == 0 {
			idle++
		}
		if errors.Is(err, ErrLater) && f.in.Grows {
			return
		}
		if err == nil && idle > 100 {
			err = io.ErrNoProgress
		}
		if err != nil && !errors.Is(err, io.EOF) {
			f.fault = fmt.Errorf("read: %w", err)
		}
		f.eof = err != nil && (f.fault == nil || !f.in.Grows)
	}
}
