package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// eventLog says how much of the event log is written, and into which files. Delivery is
// the same in every mode.
type eventLog struct {
	// Mode is full, sampled or off. Default (empty): full, if there is a folder for it.
	Mode string `yaml:"mode"`
	// OneIn is of how many packets a sampled log has one, the same ones at every node with
	// the same number; 2 to 1,000,000. Default (0): 100. What is about no packet is there.
	OneIn uint32 `yaml:"one_in"`
	// PieceBytes is the size at which a piece is closed and the next one begun, 4096 to
	// 2^50. Default (0): the log of an incarnation is one file.
	PieceBytes int64 `yaml:"piece_bytes"`
	// TotalBytes bounds the node's logs in the folder, those of earlier incarnations
	// included: the oldest closed ones are deleted, and NODE.deleted tells so. At least
	// twice PieceBytes. Default (0): nothing is deleted.
	TotalBytes int64 `yaml:"total_bytes"`
}

// UnmarshalYAML takes a mode in place of the mapping.
func (e *eventLog) UnmarshalYAML(unmarshal func(any) error) error {
	if unmarshal(&e.Mode) == nil {
		return nil
	}
	type plain eventLog
	return unmarshal((*plain)(e))
}

// oneIn is the sample: 0 is all.
func (e *eventLog) oneIn() uint32 {
	if e.Mode != "sampled" {
		return 0
	}
	return cmp.Or(e.OneIn, 100)
}

const pieceLeast, pieceMost = 4096, 1 << 50

func (e *eventLog) validate() error {
	var errs []error
	if e.Mode != "" && e.Mode != "full" && e.Mode != "sampled" && e.Mode != "off" {
		errs = append(errs, fmt.Errorf("event_log %q: want full, sampled or off", e.Mode))
	}
	if e.OneIn != 0 && (e.OneIn < 2 || e.OneIn > 1_000_000 || e.Mode != "sampled") {
		errs = append(errs, fmt.Errorf("event_log: one_in %d: want 2 to 1000000 with mode sampled, or 0 (100)", e.OneIn))
	}
	if e.PieceBytes != 0 && (e.PieceBytes < pieceLeast || e.PieceBytes > pieceMost) {
		errs = append(errs, fmt.Errorf("event_log: piece_bytes %d: want %d to %d, or 0 (one file)", e.PieceBytes, pieceLeast, int64(pieceMost)))
	}
	if e.TotalBytes != 0 && (e.PieceBytes == 0 || e.TotalBytes < 2*e.PieceBytes || e.TotalBytes > pieceMost) {
		errs = append(errs, fmt.Errorf("event_log: total_bytes %d: want at least twice piece_bytes, which must be set, at most %d, or 0 (nothing is deleted)", e.TotalBytes, int64(pieceMost)))
	}
	return errors.Join(errs...)
}

// events is the event log of one incarnation on disk: an io.Writer of whole lines. Only
// one goroutine may use it.
type events struct {
	cfg    eventLog
	dir    string
	node   string
	inc    uint32
	log    *slog.Logger
	create func(name string) (io.WriteCloser, error)

	file    io.WriteCloser
	number  int   // of the piece
	size    int64 // of the piece
	inLine  bool  // the piece ends in the middle of a line: the rest of it comes first
	old     []oldPiece
	oldSize int64
	failing bool // the newest write failed, and that was told
	stuck   bool // the next piece could not be begun, or an old one not be deleted, and that was told
}

// oldPiece is a closed piece.
type oldPiece struct {
	name   string
	inc    uint64
	number int
	size   int64
}

// openEvents makes the log of an incarnation in the folder.
func openEvents(cfg eventLog, dir, node string, inc uint32, log *slog.Logger) (*events, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	e := &events{cfg: cfg, dir: dir, node: node, inc: inc, log: log, create: func(name string) (io.WriteCloser, error) {
		return os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	}}
	if err := e.findOld(); err != nil {
		return nil, err
	}
	return e, e.next()
}

// findOld lists the node's logs that are there already, oldest first.
func (e *events) findOld() error {
	list, err := os.ReadDir(e.dir)
	if err != nil {
		return err
	}
	for _, entry := range list {
		base, ok := strings.CutPrefix(entry.Name(), e.node+".")
		base, ok2 := strings.CutSuffix(base, ".jsonl")
		incText, numberText, pieced := strings.Cut(base, "+")
		inc, err := strconv.ParseUint(incText, 10, 32)
		number := uint64(1)
		if pieced && err == nil {
			number, err = strconv.ParseUint(numberText, 10, 31)
		}
		info, err2 := entry.Info()
		if ok && ok2 && err == nil && err2 == nil {
			e.old = append(e.old, oldPiece{entry.Name(), inc, int(number), info.Size()})
			e.oldSize += info.Size()
		}
	}
	slices.SortFunc(e.old, func(a, b oldPiece) int { return cmp.Or(cmp.Compare(a.inc, b.inc), a.number-b.number) })
	return nil
}

// name is the name of the piece of that number.
func (e *events) name(number int) string {
	base := fmt.Sprintf("%s.%d", e.node, e.inc)
	if number > 1 {
		base += "+" + strconv.Itoa(number)
	}
	return base + ".jsonl"
}

// next begins the next piece, and makes room for it.
func (e *events) next() error {
	f, err := e.create(filepath.Join(e.dir, e.name(e.number+1)))
	if err != nil {
		return err
	}
	if e.file != nil {
		if err := e.file.Close(); err != nil {
			e.log.Warn("a piece of the event log may not be complete", "piece", e.name(e.number), "err", err)
		}
		e.old = append(e.old, oldPiece{e.name(e.number), uint64(e.inc), e.number, e.size})
		e.oldSize += e.size
	}
	e.file, e.size = f, 0
	e.number++
	err = e.makeRoom()
	if err != nil && !e.stuck {
		e.log.Error("old pieces of the event log cannot be deleted", "err", err)
	}
	e.stuck = err != nil
	return nil
}

// makeRoom deletes old pieces. What was deleted is told before it is: a checker must
// not take the rest for all there was.
func (e *events) makeRoom() error {
	for e.cfg.TotalBytes > 0 && len(e.old) > 0 && e.oldSize+e.cfg.PieceBytes > e.cfg.TotalBytes {
		p := e.old[0]
		tells := filepath.Join(e.dir, e.node+".deleted")
		text := fmt.Sprintf("{\"node\":%q,\"deleted_up_to\":%q}\n", e.node, p.name)
		if err := os.WriteFile(tells, []byte(text), 0o644); err != nil {
			return err
		}
		if err := os.Remove(filepath.Join(e.dir, p.name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		e.log.Debug("a piece of the event log is deleted", "piece", p.name, "bytes", p.size)
		e.old, e.oldSize = e.old[1:], e.oldSize-p.size
	}
	return nil
}

// Write implements io.Writer. It returns how much was taken: the rest must come again.
func (e *events) Write(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		part := b[n:]
		if e.cfg.PieceBytes > 0 {
			part = e.fits(part)
		}
		var wrote int
		wrote, err = e.file.Write(part)
		n += wrote
		e.size += int64(wrote)
		if wrote > 0 {
			e.inLine = part[wrote-1] != '\n'
		}
	}
	switch {
	case err != nil && !e.failing:
		e.failing = true
		e.log.Error("the event log cannot be written; traffic goes on, and what finds no room is counted as lost", "err", err)
	case err == nil && e.failing:
		e.failing = false
		e.log.Warn("the event log is written again")
	}
	return n, err
}

// fits is the beginning of b that belongs into the present piece, after the next one is
// begun if this one is full. A line is never cut, however long it is.
func (e *events) fits(b []byte) []byte {
	line := bytes.IndexByte(b, '\n') + 1
	if line == 0 {
		return b
	}
	if !e.inLine && e.size > 0 && e.size+int64(line) > e.cfg.PieceBytes {
		if err := e.next(); err != nil && !e.stuck {
			e.stuck = true
			e.log.Error("the next piece of the event log cannot be begun; this one grows", "err", err)
		}
	}
	room := e.cfg.PieceBytes - e.size
	if e.inLine || room < int64(line) {
		return b[:line]
	}
	return b[:bytes.LastIndexByte(b[:min(room, int64(len(b)))], '\n')+1]
}

// Close implements io.Closer.
func (e *events) Close() error { return e.file.Close() }
