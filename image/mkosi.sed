# Applied to mkosi in the tools root: the archive of microcode takes the time and the order of the moment, and would be the
# only part of an image that differs from build to build.
s/^    make_cpio(root, microcode, sandbox=context.sandbox)$/    normalize_mtime(root, context.config.source_date_epoch)\n&/
s/for p in \(amd\|intel\)\.iterdir():/for p in sorted(\1.iterdir()):/
