package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which build this is",
		Args:  takes(0, 0),
		RunE:  func(*cobra.Command, []string) error { return a.version() },
	}
}

// version prints the build.
func (a *app) version() error {
	w := &writer{w: a.out}
	w.printf("weir %s %s %s/%s\n", a.build(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return written(w)
}

// build identifies the program for run.json and tokens: its version and commit, or
// the hash of the program itself when it was not built from a clean commit.
func (a *app) build() string {
	version, commit, dirty := "devel", "", true
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" && info.Main.Version != "(devel)" {
			version = info.Main.Version
		}
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				commit = s.Value[:min(12, len(s.Value))]
			case "vcs.modified":
				dirty = s.Value == "true"
			}
		}
	}
	if commit == "" || dirty {
		return version + "+" + a.programHash()
	}
	return version + "+" + commit
}

// programHash is the beginning of the SHA-256 of the running program's file.
func (a *app) programHash() string {
	path, err := a.self()
	if err != nil {
		return "unknown"
	}
	f, err := os.Open(path)
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "unknown"
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}
