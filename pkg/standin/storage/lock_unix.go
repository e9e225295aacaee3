// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package storage

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// LockDir keeps a second process out of the folder. The kernel lets go of the
// lock when the process dies, however it dies.
func LockDir(dir string) (unlock func() error, err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // the lock is what failed
		return nil, fmt.Errorf("another server uses this folder: %w", err)
	}
	return f.Close, nil
}
