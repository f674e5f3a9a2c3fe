package main

import (
	"context"
	"errors"
	"io"
	"os"
)

// spoolMax bounds what is read from standard input.
const spoolMax = 1 << 30

// spool copies standard input, at most limit bytes, to a temporary file.
func (f *inputFile) spool(ctx context.Context, from io.Reader, limit int64) error {
	tmp, err := os.CreateTemp("", "weir-stdin-*")
	if err != nil {
		return internal("input -: %w", err)
	}
	f.path, f.spooled = tmp.Name(), true
	_, err = patiently(ctx, func() (int64, error) {
		n, err := io.Copy(tmp, io.LimitReader(from, limit+1))
		switch err = errors.Join(err, tmp.Close()); {
		case err != nil:
			return n, internal("input -: temporary copy in %s: %w", os.TempDir(), reason(err))
		case n > limit:
			return n, usage("input -: standard input has more than %d bytes", limit)
		}
		return n, nil
	})
	if err != nil {
		f.remove()
	}
	return err
}
