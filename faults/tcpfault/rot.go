package tcpfault

import (
	"errors"
	"fmt"
	"os"

	"weir/faults"
)

// canRot: the node's file must have so many bits, from the offset on if one is given.
func (s *stage) canRot(act faults.Act) bool {
	f, size, err := s.openFile(act)
	if err != nil {
		return false
	}
	return f.Close() == nil && (size-max(act.Args.Offset, 0))*8 >= int64(act.Args.Bits)
}

// openFile opens a file of a node's folder and tells its size in bytes.
func (s *stage) openFile(act faults.Act) (*os.File, int64, error) {
	root, err := os.OpenRoot(s.dirs[act.Node])
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = root.Close() }() // nothing was written to it
	f, err := root.OpenFile(act.Args.File, os.O_RDWR, 0)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("no regular file")
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// rot flips bits in a row, in place: a node that runs and appends goes on undisturbed, and reads them when it starts
// again.
func (s *stage) rot(_ Process, act faults.Act) (err error) {
	f, size, err := s.openFile(act)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	s.rots++
	bit := act.Args.Offset * 8
	if act.Args.Offset < 0 {
		bit = s.Draws(fmt.Sprintf("rot %d", s.rots)).Int64N(size*8 - int64(act.Args.Bits) + 1)
	}
	for end := bit + int64(act.Args.Bits); bit < end; bit++ {
		var b [1]byte
		if _, err := f.ReadAt(b[:], bit/8); err != nil {
			return err
		}
		b[0] ^= 1 << (bit % 8)
		if _, err := f.WriteAt(b[:], bit/8); err != nil {
			return err
		}
	}
	return f.Sync()
}
