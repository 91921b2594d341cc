# Applied to mkosi in the tools root: the archive of microcode takes the time and the order of the moment, and would be the
# only part of an image that differs from build to build.
s/^    make_cpio(root, microcode, sandbox=context.sandbox)$/    normalize_mtime(root, context.config.source_date_epoch)\n&/
s/for p in \(amd\|intel\)\.iterdir():/for p in sorted(\1.iterdir()):/
# Times of files made while packages are unpacked would stay those of the moment: only later ones than the commit are changed.
s/^\( *\)clamp_mtime(root \/ directory, mtime)$/\1os.utime(root \/ directory, (mtime, mtime), follow_symlinks=False)/
s/^\( *\)clamp_mtime(p, mtime)$/\1os.utime(p, (mtime, mtime), follow_symlinks=False)/
