package movie

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"strings"
)

// Picture is one picture of a movie.
type Picture struct {
	Image   *image.RGBA
	Until   float64 // the time in the movie until which it is shown, seconds
	NewRow  bool    // contact sheets: begin a row
	Caption string  // contact sheets: digits, points, spaces and the letters e and s
}

// Writer takes the pictures of a movie in order.
type Writer interface {
	// Add adds a picture. All must have one size.
	Add(Picture) error
	// Close writes the file. Without it there is no file.
	Close() error
	// Discard drops the movie; after Close it does nothing.
	Discard() error
}

// Formats lists the endings of the known file formats.
func Formats() []string { return []string{".gif", ".png", ".mp4"} }

// Format returns the ending of a file's name, in lower case.
func Format(path string) string { return strings.ToLower(filepath.Ext(path)) }

// Options belong to single formats.
type Options struct {
	Columns int     // columns of a contact sheet
	FPS     float64 // pictures per second of MP4
}

// Create begins a movie in the format of path's ending.
func Create(ctx context.Context, path string, o Options) (Writer, error) {
	if err := writable(path); err != nil {
		return nil, err
	}
	switch Format(path) {
	case ".gif":
		return newAnimation(path), nil
	case ".png":
		return newSheet(path, o.Columns), nil
	case ".mp4":
		return newVideo(ctx, path, o.FPS)
	}
	return nil, fmt.Errorf("%s: unknown format, known are %s", path, strings.Join(Formats(), ", "))
}
