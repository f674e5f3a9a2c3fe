package source

import (
	"context"
	"errors"
	"io"
)

// pipe takes lines from a stream that cannot be read twice, to its end.
type pipe struct {
	*sink
	in   io.Reader
	part bool // the last line has no end yet
}

// run reads until the stream's end, or until the first read after ctx is done.
func (p *pipe) run(ctx context.Context) {
	buf := make([]byte, readSize)
	if p.part { // an earlier life was killed in this line
		if p.put(ctx, []byte{'\n'}, position1(false)) != nil {
			return
		}
		p.part = false
	}
	for {
		n, err := p.in.Read(buf)
		if n > 0 {
			p.part = buf[n-1] != '\n'
			if p.put(ctx, buf[:n], position1(p.part)) != nil {
				p.counts.gaps.Add(1)
				p.log.Error("lines that were read from the stream are lost: the spool does not take them", "bytes", n)
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				p.log.Error("the stream cannot be read any more", "err", err)
			}
			break
		}
		if ctx.Err() != nil {
			return
		}
	}
	if p.part {
		_ = p.put(ctx, []byte{'\n'}, position1(false)) // at the next start otherwise
	}
	p.store.Finish()
}

// position1 says whether a line was begun.
func position1(part bool) []byte {
	if part {
		return []byte{1}
	}
	return []byte{0}
}
