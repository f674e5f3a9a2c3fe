package driver

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// incarnationFile keeps the number of the newest incarnation, beside the node's own
// files: its name cannot be that of one of them.
const incarnationFile = ".incarnation"

// NextIncarnation counts a life of the node whose disk is in that folder: it returns
// a number higher than any that it returned before, which is durable when it returns.
// A folder that is not there yet is made. A number that cannot be read is an error:
// to begin again at 1 would make answers to an earlier life look like answers to this
// one.
func NextIncarnation(dir string) (uint32, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, fmt.Errorf("incarnation: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, fmt.Errorf("incarnation: %w", err)
	}
	defer root.Close()
	last, err := readIncarnation(root)
	if err != nil {
		return 0, fmt.Errorf("incarnation: %s/%s: %w", dir, incarnationFile, err)
	}
	next := last + 1
	if next == 0 {
		return 0, fmt.Errorf("incarnation: %s/%s: %d lives are all there are", dir, incarnationFile, last)
	}
	if err := writeIncarnation(root, next); err != nil {
		return 0, fmt.Errorf("incarnation: %s/%s: %w", dir, incarnationFile, err)
	}
	return next, nil
}

func readIncarnation(root *os.Root) (uint32, error) {
	f, err := root.Open(incarnationFile)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 64))
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("not a number: %q", b)
	}
	return uint32(n), nil
}

func writeIncarnation(root *os.Root, n uint32) error {
	const temp = incarnationFile + ".new"
	f, err := root.Create(temp)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, n)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := root.Rename(temp, incarnationFile); err != nil {
		return err
	}
	d, err := root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
