//go:build linux

package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// profile takes profiles of weir's distributor during a cell, if they are wanted; the
// function that it returns waits for them.
func (c *cluster) profile(r *result) func() error {
	if c.o.profile == "" || c.proxy.admin == "" {
		return func() error { return nil }
	}
	name := strings.ReplaceAll(fmt.Sprintf("%s-%s-%d-%d-%d", r.System, r.Shape, r.Many, r.Batch, r.Level), " ", "")
	done := make(chan error, 1)
	go func() {
		seconds := max(1, int(c.o.span.Seconds()))
		err := c.fetch(fmt.Sprintf("profile?seconds=%d", seconds), name+".cpu", c.o.span+20*time.Second)
		if err == nil {
			err = c.fetch("allocs", name+".allocs", 20*time.Second)
		}
		done <- err
	}()
	return func() error { return <-done }
}

// fetch writes a profile into a file.
func (c *cluster) fetch(query, name string, within time.Duration) error {
	client := &http.Client{Timeout: within}
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://" + c.proxy.admin + "/debug/pprof/" + query)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.200s", resp.Status, b)
	}
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return os.WriteFile(filepath.Join(c.o.profile, name), b, 0o644)
}
