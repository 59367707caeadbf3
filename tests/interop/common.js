// What the node-smpp client and server share: the library as setup.sh installed it, and how a line is printed.
'use strict';

const path = require('node:path');

exports.smpp = require(path.join(__dirname, '..', '..', 'target', 'interop', 'node_modules', 'smpp'));

exports.say = (line) => console.log(JSON.stringify(line));
