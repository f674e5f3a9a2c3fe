package scenarios

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Write stores the run in a directory, which is created: run.json, the logs, the
// metrics, the fault log and, if the run was judged, verdict.json. The first error ends it:
// what is there then is not a whole run.
func (res *Result) Write(dir string) error {
	files := append([]File{{"run.json", Text{res.Header}}, {"faults.jsonl", Text{res.Faults}}}, slices.Concat(res.Logs, res.Metrics)...)
	if res.Verdict != nil {
		verdict, err := json.MarshalIndent(res.Verdict, "", "  ")
		if err != nil {
			return fmt.Errorf("verdict.json: %w", err)
		}
		files = append(files, File{"verdict.json", Text{append(verdict, '\n')}})
	}
	for _, folder := range []string{"logs", "metrics"} {
		if folder == "metrics" && len(res.Metrics) == 0 {
			continue
		}
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o777); err != nil {
			return fmt.Errorf("run directory: %w", err)
		}
	}
	for _, f := range files {
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(f.Name)), f.Data); err != nil {
			return fmt.Errorf("run directory: %w", err)
		}
	}
	return nil
}

// writeFile writes a file and reports a failing close too: on a full disk that
// may be where the news arrives.
func writeFile(name string, data Text) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	for _, piece := range data {
		if _, err = f.Write(piece); err != nil {
			break
		}
	}
	return errors.Join(err, f.Close())
}
