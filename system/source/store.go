package source

import (
	"errors"
	"io"
)

// Errors of a store.
var (
	// ErrFull says that nothing can be taken until something is released.
	ErrFull = errors.New("source: spool is full")
	// ErrLater says that a stream has nothing more for now.
	ErrLater = errors.New("source: nothing more for now")
	// ErrReleased says that a stream is opened where it was released.
	ErrReleased = errors.New("source: released")
)

// Store keeps a stream of bytes between a source and the emitter: a Spool or a Buffer.
type Store interface {
	// Append adds bytes, and how far the source is read with them. It is called by one
	// goroutine at a time. After an error nothing was added.
	Append(payload, position []byte) error
	// Open reads the stream from an offset; at its end reads fail with ErrLater, after
	// Finish with io.EOF.
	Open(offset int64) (io.ReadCloser, error)
	// Release says that nothing below the offset will be opened again.
	Release(offset int64)
	// Finish says that nothing more is appended.
	Finish()
	// Level is how much the store holds: bytes of memory or disk, and those that are
	// not released.
	Level() (held, waiting int64)
}
