import { Component, inject } from '@angular/core';
import { RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { AuthService } from 'wicketgate/angular';

const says = { loading: 'One moment', 'signed-out': 'Signed out', 'signed-in': 'Signed in', stale: 'Signed in, offline', expired: 'Signed out' };

/** The frame of all pages: the bar, and the last error. */
@Component({
  selector: 'app-root',
  imports: [RouterLink, RouterLinkActive, RouterOutlet],
  templateUrl: './app.html',
})
export class App {
  protected readonly auth = inject(AuthService);
  protected readonly says = says;
}
